{{ newest_extraction(source('lake', 'orders__order_lines')) }}
