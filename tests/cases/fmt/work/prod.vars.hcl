region="eu" # where
