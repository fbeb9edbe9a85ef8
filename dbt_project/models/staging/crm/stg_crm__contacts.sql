{{ newest_extraction(source('lake', 'crm__contacts')) }}
