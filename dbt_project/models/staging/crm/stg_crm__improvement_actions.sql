{{ newest_extraction(source('lake', 'crm__improvement_actions')) }}
