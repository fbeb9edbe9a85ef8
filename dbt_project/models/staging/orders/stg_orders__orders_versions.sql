{{ extracted_versions(source('lake', 'orders__orders')) }}
