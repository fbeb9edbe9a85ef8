{{ newest_extraction(source('lake', 'crm__opportunity_stage_history')) }}
