# stack.sh: the whole service in a private folder: database, cache, workers, lighttpd. Source it after process.sh.
# BUILD is the build folder of the mode. Everything listens on unix sockets in $dir, lighttpd on a free port of loopback.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export BUILD=${BUILD:-$root/build/gcc} CMOCKA_MESSAGE_OUTPUT=TAP
QUIRE=
database_dir=
database_name=
database_home=
memcached_pid=
supervisor_pid=
web_pid=

export LOG_LEVEL=info MIGRATIONS=$root/migrations REQUEST_TIMEOUT=${REQUEST_TIMEOUT:-20} SCRATCH_NAME=quire_scratch_$$
# A copy of quire, so that a build beside the tests does not disturb them.
stack_environment() {
    cp -f "$BUILD/quire" "$dir/quire" || exit 2
    QUIRE=$dir/quire
    export LOG_FILE=$dir/quire.log
    sanitizer_environment
}

# The reports of sanitizers go to files, so that none is lost with the standard error of a daemon.
sanitizer_environment() {
    export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:abort_on_error=0:log_path=$dir/sanitizer
    export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:log_path=$dir/sanitizer
}

as_root() { [ "$(id -u)" -eq 0 ]; }

# Databases at a server: the tool that starts one of our own, and the variable by which whoever called us says where one is
# (socket:user:password:database).
declare -gA server_tools=([mysql]=mariadb [postgresql]=postgresql)
declare -gA server_variables=([mysql]=QUIRE_TEST_MYSQL [postgresql]=QUIRE_TEST_POSTGRESQL)

# A file, or a database of our own: in the server that we were told of, else in a server of our own.
database_start() { # sqlite|mysql|postgresql
    local variable
    export DB=$1
    if [ "$1" = sqlite ]; then
        export DB_PATH=$dir/quire.db
        return
    fi
    variable=${server_variables[$1]}
    [ -n "${!variable:-}" ] || server_start || return 1
    IFS=: read -r DB_HOST DB_USER DB_PASSWORD database_home <<<"${!variable}"
    DB_NAME=quire_$$_$RANDOM
    database_name=$DB_NAME
    export DB_HOST DB_USER DB_PASSWORD DB_NAME
    sql "CREATE DATABASE $DB_NAME" ""
}

# The URL of the database, at whose server a scratch database can be made.
database_url() {
    case $DB in
    sqlite) echo "sqlite://$DB_PATH" ;;
    mysql) echo "mysql+unix://$DB_USER:$DB_PASSWORD@$DB_HOST?database=$DB_NAME" ;;
    postgresql) echo "postgres://$DB_USER:$DB_PASSWORD@/$DB_NAME?host=$DB_HOST" ;;
    esac
}

# Also after server_stop: then with its data.
server_start() {
    local tool=${server_tools[$DB]}
    database_dir=$dir/$tool
    "$root/tools/$tool" start --dir "$database_dir" --port 0 >>"$dir/$tool.log" 2>&1 || {
        cat "$dir/$tool.log"
        return 1
    }
    export "${server_variables[$DB]}=$(tail -n 1 "$dir/$tool.log")"
}

server_stop() { "$root/tools/${server_tools[$DB]}" stop --dir "$database_dir" >>"$dir/${server_tools[$DB]}.log" 2>&1; }

# The rows have tabs between their columns.
sql() { # STATEMENTS [DATABASE]: in ours, or with "" in none of importance
    local name=${2-${DB_NAME-}}
    case $DB in
    sqlite) sqlite3 -batch -tabs "$DB_PATH" "$1" ;;
    mysql)
        MYSQL_PWD=$DB_PASSWORD mariadb --no-defaults --batch --skip-column-names --socket="$DB_HOST" --user="$DB_USER" \
            --execute="$1" "$name"
        ;;
    postgresql)
        PGPASSWORD=$DB_PASSWORD PGOPTIONS='--client-min-messages=warning' psql --no-psqlrc --no-password --quiet \
            --no-align --tuples-only --field-separator=$'\t' --set=ON_ERROR_STOP=1 --host="$DB_HOST" \
            --username="$DB_USER" --dbname="${name:-$database_home}" <<<"$1"
        ;;
    esac
}

database_stop() {
    if [ -n "$database_dir" ]; then
        server_stop
        database_dir=
        unset "${server_variables[$DB]}"
    elif [ -n "$database_name" ]; then
        sql "DROP DATABASE IF EXISTS $database_name" ""
    fi
    database_name=
}

migrate() { "$QUIRE" migrate apply >>"$dir/migrate.log" 2>&1 || { cat "$dir/migrate.log"; return 1; }; }

memcached_start() {
    local options=(-s "$dir/memcached.sock" -a 0600 -m 64 -U 0)
    as_root && options+=(-u root)
    rm -f "$dir/memcached.sock"
    start memcached memcached "${options[@]}"
    memcached_pid=$started
    export CACHE=memcached MEMCACHED_SERVERS=$dir/memcached.sock
    wait_for "$patience" test -S "$dir/memcached.sock"
}

# The project's own lighttpd.conf, as it is; the ways it does not know are added to it.
web_config() { # HOW
    printf 'include "%s/lighttpd.conf"\nserver.upload-dirs = ( "%s" )\n' "$root" "$dir"
    case $1 in
    bin-path)
        cat <<END
\$HTTP["url"] =~ var.below {
    fastcgi.server := ( "/" => (( "socket" => "$dir/var/run/quire.sock", "bin-path" => "$QUIRE",
        "min-procs" => 2, "max-procs" => 2, "check-local" => "disable", "fix-root-scriptname" => "enable" )) )
}
END
        ;;
    cgi)
        cat <<END
server.modules += ( "mod_cgi", "mod_rewrite", "mod_setenv" )
setenv.set-environment = ( "ASAN_OPTIONS" => env.ASAN_OPTIONS, "UBSAN_OPTIONS" => env.UBSAN_OPTIONS )
server.document-root := "$dir/docroot"
\$HTTP["url"] =~ var.below { fastcgi.server := () }
cgi.assign = ( "/quire.cgi" => "" )
url.rewrite-once = ( "^(.*)\$" => "/quire.cgi\$1" )
END
        ;;
    esac
}

service_answers() { curl --silent --fail --noproxy '*' --max-time 10 --output /dev/null "$BASE_URL/livez"; }

# `workers` is how quire runs: serve (its own supervisor), spawn (spawn-fcgi), bin-path (lighttpd starts it), cgi.
workers_start() { # HOW
    mkdir -p "$dir/var/run"
    case $1 in
    serve)
        start serve "$QUIRE" serve --listen "unix:$dir/var/run/quire.sock" --workers "${WORKERS:-2}"
        supervisor_pid=$started
        wait_for "$patience" test -S "$dir/var/run/quire.sock"
        ;;
    spawn)
        spawn quire 2 "$QUIRE"
        ln -s "$dir/quire.sock" "$dir/var/run/quire.sock"
        ;;
    bin-path | cgi) ;;
    esac
}

# A program that lighttpd starts as CGI gets no environment but the request's: its settings are in `.env` where it runs.
write_dotenv() { # FILE
    local name
    while read -r name _; do
        [ -z "${!name:-}" ] || printf '%s=%s\n' "$name" "${!name}"
    done < <("$QUIRE" config) >"$1"
}

# Another may take the port between the choice and the start: then with another port.
web_start() { # HOW
    local try
    mkdir -p "$dir/docroot"
    ln -sf "$QUIRE" "$dir/docroot/quire.cgi"
    ln -sfn "$root/lighttpd" "$dir/lighttpd"
    write_dotenv "$dir/docroot/.env"
    for try in 1 2 3 4 5; do
        port=$(free_port)
        web_config "$1" >"$dir/lighttpd.conf"
        PORT=$port start lighttpd lighttpd -D -f "$dir/lighttpd.conf"
        web_pid=$started
        export BASE_URL=http://127.0.0.1:$port
        if wait_for "$patience" service_answers_or_web_ended && alive "$web_pid"; then return; fi
        printf '# try %s: lighttpd does not answer on port %s\n' "$try" "$port"
        stop "$web_pid"
    done
    cat "$dir"/lighttpd*.log
    return 1
}

service_answers_or_web_ended() { service_answers || gone "$web_pid"; }

# process.sh calls it at the end, however that comes.
at_leave() { stack_stop; }

# Everything, in order.
stack_start() { # DATABASE HOW
    stack_environment
    database_start "$1" && migrate && memcached_start && workers_start "$2" && web_start "$2"
}

# The web server first: its requests end before what answers them does.
stack_stop() {
    local clean=0
    [ -z "$web_pid" ] || stop "$web_pid" INT || clean=1
    web_pid=
    stop_all || clean=1
    database_stop
    return "$clean"
}

# What the sanitizers said, in this process or that.
sanitizer_reports() { cat "$dir"/sanitizer.* 2>/dev/null; }

check_sanitizers() { is "no sanitizer complained" "" "$(sanitizer_reports)"; }

# Failures that quire holds to be its own fault, and workers that ended otherwise than told.
check_log_for_faults() {
    local faults
    faults=$(grep -a -E ' error: .*(INTERNAL|NO_MEMORY)|worker [0-9]+ (died|was killed)' "$LOG_FILE" | head -n 20)
    is "the log has no fault of quire's own" "" "$faults"
}
