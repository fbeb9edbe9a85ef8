{{ newest_extraction(source('lake', 'orders__customers')) }}
