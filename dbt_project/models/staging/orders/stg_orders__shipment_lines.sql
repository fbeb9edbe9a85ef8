{{ newest_extraction(source('lake', 'orders__shipment_lines')) }}
