{{ newest_extraction(source('lake', 'survey__surveys')) }}
