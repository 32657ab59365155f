#!/bin/sh
# Fetches the bundle of the release and becomes the agent: start.sh PROGRAMS HOME. HOME may be empty at each start; the
# agent keeps what it keeps in DEXTO_STATE_DIR, where that is a disk.
set -eu
programs=$1
home=$2
# Where a vendor gives every secret to every machine, those of other releases are not for this one.
for name in $(env | sed -n 's/^\(DEXTO_RELEASE_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done
if [ -f "$programs/secrets.sh" ]; then . "$programs/secrets.sh"; fi
node "$programs/fetch.mjs" "$home/bundle"
export DEXTO_STATE_DIR="${DEXTO_STATE_DIR:-$home/state}"
mkdir -p "$DEXTO_STATE_DIR"
cd "$DEXTO_STATE_DIR"
exec env -u DEXTO_ARTEFACT_TOKEN node --optimize-for-size "$home/bundle/$DEXTO_ENTRY"
