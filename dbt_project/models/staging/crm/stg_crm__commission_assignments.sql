{{ newest_extraction(source('lake', 'crm__commission_assignments')) }}
