{{ extracted_versions(source('lake', 'crm__activities')) }}
