# For those who work with the Atlas CLI: `atlas migrate diff NAME --env mysql` makes a migration from the record
# descriptions, as `quire migrate diff NAME` does without it. It needs `make build` first, and Atlas's own binary: the
# community build has no external_schema.
#
# `atlas migrate apply`, `status` and `lint` work on the database that DATABASE_URL names. Scratch databases are
# Docker's, unless --var dev_mysql=URL or --var dev_postgresql=URL names an empty one.

variable "dev_mysql" {
  type    = string
  default = "docker://mysql/8/dev"
}

variable "dev_postgresql" {
  type    = string
  default = "docker://postgres/15/dev?search_path=public"
}

data "external_schema" "sqlite" {
  program = ["build/quire", "schema", "--dialect", "sqlite"]
}

data "external_schema" "mysql" {
  program = ["build/quire", "schema", "--dialect", "mysql"]
}

data "external_schema" "postgresql" {
  program = ["build/quire", "schema", "--dialect", "postgresql"]
}

env "sqlite" {
  src = data.external_schema.sqlite.url
  url = getenv("DATABASE_URL")
  dev = "sqlite://dev?mode=memory"
  migration {
    dir = "file://migrations/sqlite"
  }
}

env "mysql" {
  src = data.external_schema.mysql.url
  url = getenv("DATABASE_URL")
  dev = var.dev_mysql
  migration {
    dir = "file://migrations/mysql"
  }
}

env "postgresql" {
  src = data.external_schema.postgresql.url
  url = getenv("DATABASE_URL")
  dev = var.dev_postgresql
  migration {
    dir = "file://migrations/postgresql"
  }
}
