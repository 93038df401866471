#!/bin/bash
# layers_test.sh: tools/layers finds an #include that points the wrong way and a header that is on the wrong side, and lets
# the others be.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
enter_private_folder layers

mkdir -p src/core src/domain src/http include/core include/domain include/http src/command
touch include/core/x.h include/domain/x.h include/http/x.h include/app.h src/http/own.h
printf '#include "%s"\n' core/x.h domain/x.h http/x.h app.h >src/main.c
export LAYER_core="" LAYER_domain="core" LAYER_http="core" LAYER_command="core domain http"

layers() { # FILE LINE...: the sources hold this one file
    local file=$1
    shift
    rm -f src/*/*.c
    printf '%s\n' "$@" >"$file"
    output=$("$root/tools/layers" core domain http command 2>&1)
    status=$?
}

accepts() { # NAME FILE LINE...
    local name=$1
    shift
    layers "$@"
    is "$name" "0:" "$status:$output"
}

refuses() { # NAME OUTPUT FILE LINE...
    local name=$1 expected=$2
    shift 2
    layers "$@"
    is "$name" "1:$expected" "$status:$output"
}

accepts "a layer includes itself and those below" src/domain/a.c '#include "domain/x.h"' '#include "core/x.h"' '#include <string.h>'
accepts "a layer may include a library" src/http/a.c '#include <json.h>' '#include <sys/socket.h>'
accepts "what knows all layers includes what is above them" src/command/a.c '#include "app.h"' '#include "http/x.h"'
refuses "a layer above" "src/domain/a.c:2: domain may not include http/..." src/domain/a.c '' '#include "http/x.h"'
refuses "a layer beside" "src/http/a.c:1: http may not include domain/..." src/http/a.c '#include "domain/x.h"'
refuses "with spaces" "src/core/a.c:1: core may not include domain/..." src/core/a.c '  #  include "domain/x.h" /* y */'
refuses "in angle brackets" "src/core/a.c:1: core may not include http/..." src/core/a.c '#include <http/x.h>'
refuses "what is above all layers" "src/http/a.c:1: http may not include app.h: it belongs to no layer below" \
    src/http/a.c '#include "app.h"'
refuses "a way around" "src/core/a.c:1: core may not include ../http/x.h: it belongs to no layer below" \
    src/core/a.c '#include "../http/x.h"'
refuses "a library in the domain" "src/domain/a.c:1: domain may not include json.h: it knows nothing of the outside" \
    src/domain/a.c '#include <json.h>'

accepts "a layer's own header" src/http/a.c '#include "http/own.h"' '#include <string.h>'
refuses "another layer's own header" "src/command/a.c:1: http/own.h is in src/: only src/http/ may include it" \
    src/command/a.c '#include "http/own.h"'

echo '#include "http/own.h"' >include/http/x.h
layers src/core/a.c ''
is "an own header in one for others" "1:include/http/x.h:1: http/own.h is in src/: only src/http/ may include it" "$status:$output"
: >include/http/x.h
echo '#include "http/own.h"' >src/app.c
layers src/core/a.c ''
is "an own header above the layers" "1:src/app.c:1: http/own.h is in src/: only src/http/ may include it" "$status:$output"
rm src/app.c

touch include/http/lonely.h
layers src/http/a.c '#include "http/lonely.h"'
is "a header that nobody else wants" "1:include/http/lonely.h: nobody but src/http/ includes it: it belongs there" "$status:$output"
echo '#include "http/lonely.h"' >include/http/x.h
layers src/http/a.c ''
is "one that a header for others needs" "0:" "$status:$output"
rm include/http/lonely.h
: >include/http/x.h

echo '#include "http/x.h"' >include/core/y.h
echo '#include "core/y.h"' >>src/main.c
layers src/core/a.c ''
is "in a header" "1:include/core/y.h:1: core may not include http/..." "$status:$output"

cd "$root" && check "this project keeps its layers" make -s layers
tap_end
