locals {
  ids = { a = "id-a", b = { id = "id-b" }.id }
}

resource "terraform_data" "each" {
  for_each = local.ids
  input    = each.key
}

resource "terraform_data" "one" {}

module "child" {
  for_each = toset(["x", "y"])
  source   = "./child"
}

import {
  for_each = local.ids
  to       = terraform_data.each[each.key]
  id       = "${each.value}-${terraform_data.known.input}"
}

import {
  for_each = { x = { key = "k", id = "deep-x" }, y = { key = "l", id = "deep-y" } }
  to       = module.child[each.key].terraform_data.deep[each.value.key]
  id       = each.value.id
}

import {
  to = terraform_data.one
  id = local.ids["a"]
}

import {
  for_each = null
  to       = terraform_data.none[each.key]
  id       = each.value
}

resource "terraform_data" "none" {
  for_each = toset([])
}

resource "terraform_data" "known" {
  input = "suffix"
}
