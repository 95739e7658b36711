terraform {
  required_providers {
    notes = {
      source = "example.com/example/notes"
    }
  }
}

variable "directory" {
  type        = string
  description = "Where the notes are kept."
  default     = "notes"
}

provider "notes" {
  directory = var.directory
}

resource "notes_note" "shopping" {
  title = "shopping"
  text  = "apples and pears"
}

output "words" {
  value = notes_note.shopping.words
}
