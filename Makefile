# quire: a book-catalogue REST service. `make help` lists the targets.

# How to build: CC=clang, SANITIZE=address,undefined, COVERAGE=1, DEVELOPER=0 (warnings do not stop the build).
CC        = gcc
DEVELOPER ?= 1
SANITIZE  ?=
COVERAGE  ?=

comma := ,
JOBS  := $(shell nproc)
MODE  := $(notdir $(firstword $(CC)))$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))$(if $(COVERAGE),-coverage)
BUILD := build/$(MODE)

# The house: each layer, and the layers its #include lines may name. tools/layers checks it.
LAYERS := core schema domain usecase driver repository http api server migrate command
core_uses       :=
schema_uses     := core
domain_uses     := core schema
usecase_uses    := core schema domain
driver_uses     := core
repository_uses := core schema usecase driver
http_uses       := core schema
api_uses        := core schema domain usecase http
server_uses     := core http
migrate_uses    := core schema driver
command_uses    := core schema domain usecase driver repository http api server migrate

# Libraries. A database or cache library that is absent, or whose name is given as
# nothing (make SQLITE=), leaves its driver out.
have = $(shell pkg-config --exists $(1) 2>/dev/null && echo $(1))
SQLITE     := $(call have,sqlite3)
MYSQL      := $(firstword $(foreach p,libmariadb mysqlclient mariadb,$(call have,$(p))))
POSTGRESQL := $(call have,libpq)
MEMCACHED  := $(call have,libmemcached)
PACKAGES   := json-c libmd $(SQLITE) $(MYSQL) $(POSTGRESQL) $(MEMCACHED)
DRIVERS    := $(foreach l,SQLITE MYSQL POSTGRESQL MEMCACHED,$(if $($(l)),-DHAVE_$(l)))

# V=1 shows whole commands.
Q    := $(if $(V),,@)
say   = @echo "  $(1) $(2)"

OPTIMISE := $(if $(SANITIZE)$(COVERAGE),-O1 -fno-omit-frame-pointer,-O2)
# OpenSSF compiler options hardening guide; FORTIFY_SOURCE and sanitizers exclude each other.
HARDEN   := -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -fPIE \
            -fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing \
            $(if $(findstring clang,$(CC)),,-ftrivial-auto-var-init=zero) \
            $(if $(SANITIZE)$(COVERAGE),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
            -Wwrite-strings -Wundef -Wcast-qual $(if $(filter 1,$(DEVELOPER)),-Werror)
CFLAGS   ?= $(OPTIMISE) -g
CPPFLAGS := $(CPPFLAGS) -Iinclude -Isrc -D_GNU_SOURCE $(DRIVERS) $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
QFLAGS   := -std=c11 $(WARN) $(HARDEN) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all) \
            $(if $(COVERAGE),--coverage)
LDFLAGS  += -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed \
            $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(if $(COVERAGE),--coverage)
LDLIBS   := $(LDLIBS) -lfcgi $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)

# Drivers whose library is absent are not compiled, nor are the tests that stand on them: those that match a pattern.
left_out  = $(if $($(1)),,src/driver/$(2).c $(shell grep -lwE '$(2)$(3)' tests/contract/*_test.c tests/unit/*/*_test.c))
LEFT_OUT := $(call left_out,SQLITE,db_sqlite,|db_driver_find."sqlite"|sqlite_folder.h) $(call left_out,MYSQL,db_mysql) \
            $(call left_out,POSTGRESQL,db_postgresql) $(call left_out,MEMCACHED,cache_memcached)
SOURCES  := $(filter-out $(LEFT_OUT),$(sort $(wildcard src/*/*.c)))
# What each layer offers, and what is only its own.
HEADERS  := $(sort $(wildcard include/*.h include/*/*.h src/*/*.h))

objects   = $(patsubst %.c,$(BUILD)/obj/%.o,$(filter src/$(1)/%,$(SOURCES)))
archive   = $(BUILD)/lib$(1).a
# A layer and, after it, everything it stands on: the order in which a linker wants them.
below     = $(if $(1),$(call below,$(foreach l,$(1),$($(l)_uses))) $(1))
stack     = $(foreach l,command migrate server api http repository driver usecase domain schema core,\
            $(if $(filter $(l),$(call below,$(1))),$(call archive,$(l))))

UNIT     := $(patsubst tests/%.c,$(BUILD)/tests/%,$(filter-out $(LEFT_OUT),$(sort $(wildcard tests/unit/*/*_test.c))))
CONTRACT := $(patsubst tests/%.c,$(BUILD)/tests/%,$(filter-out $(LEFT_OUT),$(sort $(wildcard tests/contract/*_test.c))))
SMOKE    := $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/smoke/*.c)))
BENCH    := $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/bench/*.c)))
FAKES    := $(BUILD)/libfake.a

QUIRE := $(BUILD)/quire

.DEFAULT_GOAL := build
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: help build deps docs docs-test run test test-deploy test-programs unit check format format-check tidy cppcheck layers \
        headers bench clean install uninstall deb bundle

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: $(QUIRE) ## build quire in build/<mode>/ and link build/quire to it

deps: ## install the Debian packages that are missing (tools/deps)
	@tools/deps

docs: ## install the files of /docs (tools/docs)
	@tools/deps pages
	@tools/docs pages

docs-test: deps ## run the Bruno collection in docs/bruno against a service of its own
	@$(MAKE) --no-print-directory -j$(JOBS) build
	@tools/docs tests
	@BUILD=$(CURDIR)/$(BUILD) tests/docs/bruno_test.sh

run: deps ## run everything on this machine: make run [DB=mysql|postgresql] [PORT=8080]; Ctrl-C stops it
	@$(MAKE) --no-print-directory -j$(JOBS) build
	@tools/docs pages || echo "  without its files, /docs only says so"
	@QUIRE=$(CURDIR)/$(QUIRE) tools/run

test: deps ## build and test everything, from nothing; TESTS="unit smoke": only that
	@$(MAKE) --no-print-directory -j$(JOBS) build test-programs
	@tools/docs tests || echo "  the tests of the documentation will not run"
	@BUILD=$(CURDIR)/$(BUILD) SANITIZE=$(SANITIZE) tests/run $(TESTS)

test-deploy: deps ## the API tests through every recipe of docs/deployment.md; minutes
	@$(MAKE) --no-print-directory -j$(JOBS) build test-programs
	@BUILD=$(CURDIR)/$(BUILD) SANITIZE=$(SANITIZE) tests/run deploy-matrix

unit: $(UNIT) ## only the unit tests
	@BUILD=$(CURDIR)/$(BUILD) tests/run unit

test-programs: $(UNIT) $(CONTRACT) $(SMOKE)

check: deps ## format, tidy, cppcheck, layers, headers
	@$(MAKE) --no-print-directory -j$(JOBS) format-check layers headers cppcheck tidy

FORMATTED = $(shell git ls-files --cached --others --exclude-standard '*.c' '*.h')

format: ## rewrite the sources as .clang-format says
	clang-format -i $(FORMATTED)

format-check:
	@clang-format --dry-run -Werror $(FORMATTED)

TIDIED = $(patsubst %.c,$(BUILD)/tidy/%.ok,$(filter-out $(LEFT_OUT),$(filter %.c,$(FORMATTED))))

tidy: $(TIDIED) ## clang-tidy

$(BUILD)/tidy/%.ok: %.c .clang-tidy $(HEADERS)
	@mkdir -p $(@D)
	@clang-tidy --quiet $< -- -std=c11 $(CPPFLAGS) -Itests/fake -Itests/contract -Itests/smoke 2>/dev/null
	@touch $@

cppcheck: ## cppcheck
	@cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	  --suppress=missingIncludeSystem --suppress=nullPointerRedundantCheck \
	  -Iinclude -Isrc $(DRIVERS) src

layers: ## check that #include lines point only where the layers allow, and headers are where they belong
	@$(foreach l,$(LAYERS),LAYER_$(l)="$($(l)_uses)") tools/layers $(LAYERS)

headers: $(patsubst %.h,$(BUILD)/headers/%.ok,$(HEADERS)) ## check that every header compiles alone

$(BUILD)/headers/%.ok: %.h $(HEADERS)
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(QFLAGS) -fsyntax-only -x c $<
	@touch $@

bench: deps ## measure against bare FastCGI responders; minutes; see docs/performance.md
	@$(MAKE) --no-print-directory -j$(JOBS) build $(BENCH)
	@BUILD=$(CURDIR)/$(BUILD) tests/bench/run

install: build ## install below [DESTDIR=] PREFIX=/usr/local; make docs first for the pages of /docs
	@BUILD=$(BUILD) DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) tools/install

uninstall: ## remove what install put there; settings and data stay
	@DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) tools/install remove

deb: build ## build an installable Debian package in build/
	@BUILD=$(BUILD) tools/deb

bundle: $(BUILD)/bundle/quire ## pack quire with its libraries in build/, for a host that lacks them
	@BUILD=$(BUILD) tools/bundle

clean: ## remove build/
	rm -rf build

$(QUIRE): $(BUILD)/obj/src/main.o $(BUILD)/obj/src/app.o $(call stack,command)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
	@ln -sfn $(MODE)/quire build/quire

# The same; it and its libraries look for libraries in lib/ beside it first.
$(BUILD)/bundle/quire: $(BUILD)/obj/src/main.o $(BUILD)/obj/src/app.o $(call stack,command)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -Wl,--disable-new-dtags -Wl,-rpath,'$$ORIGIN/lib' -o $@ $^ $(LDLIBS)

define layer_rules
$(call archive,$(1)): $(call objects,$(1))
	@rm -f $$@
	$$(Q)$$(AR) rcs $$@ $$^
$(BUILD)/tests/unit/$(1)/%: $(BUILD)/obj/tests/unit/$(1)/%.o $(FAKES) $(call stack,$(1) $(if $(filter api repository,$(1)),domain repository))
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$< -Wl,--start-group $$(filter-out $$<,$$^) -Wl,--end-group -lcmocka $$(LDLIBS)
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rules,$(l))))

$(FAKES): $(patsubst %.c,$(BUILD)/obj/%.o,$(sort $(wildcard tests/fake/*.c)))
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/tests/contract/%: $(BUILD)/obj/tests/contract/%.o $(FAKES) $(call stack,repository migrate)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $< -Wl,--start-group $(filter-out $<,$^) -Wl,--end-group -lcmocka $(LDLIBS)

$(BUILD)/tests/smoke/%: $(BUILD)/obj/tests/smoke/%.o
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lcmocka -lcurl -lpthread $(LDLIBS)

$(BUILD)/tests/bench/%: $(BUILD)/obj/tests/bench/%.o
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(if $(filter tests/%,$<),-Itests/fake -Itests/contract) $(QFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
