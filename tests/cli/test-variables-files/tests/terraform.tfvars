c = "testsvars"
