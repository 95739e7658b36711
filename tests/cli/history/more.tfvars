secret = "hush2"
