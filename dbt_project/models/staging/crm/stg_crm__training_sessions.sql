{{ newest_extraction(source('lake', 'crm__training_sessions')) }}
