{{ extracted_versions(source('lake', 'crm__opportunities')) }}
