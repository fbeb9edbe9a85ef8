{{ newest_extraction(source('lake', 'crm__pipeline_stages')) }}
