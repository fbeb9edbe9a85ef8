{{ newest_extraction(source('lake', 'survey__survey_responses')) }}
