{{ newest_extraction(source('lake', 'crm__research_notes')) }}
