provider "registry.terraform.io/hashicorp/local" {
  version = "2.5.2"
  hashes = [
    "h1:IyFbOIO6mhikFNL/2h1iZJ6kyN3U00jgkpCLUCThAfE=",
  ]
}

provider "registry.terraform.io/hashicorp/aws" {
  version = "5.100.0"
}

provider "example.com/a/b" {
  version = "1.0.0"
}
