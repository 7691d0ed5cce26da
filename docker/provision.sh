#!/bin/sh
# Keys, certificates and one chain for three hospitals on one machine: a trial. Real hospitals each do their own part on their own machine:
# docs/tutorial/first-consortium.md. Runs once; a folder that is provisioned already is left alone.
#
#   SITES       folder of the hospitals' data directories (default /sites)
#   PASSPHRASE  file with the passphrase of all their keys (default /run/secrets/pipeline-passphrase)
#   TERMS       terms of the chain (default /etc/pipeline/trial-chain.terms)
set -eu
SITES=${SITES:-/sites}
PASSPHRASE=${PASSPHRASE:-/run/secrets/pipeline-passphrase}
TERMS=${TERMS:-/etc/pipeline/trial-chain.terms}
CHAIN=chest-xray
# The image names a folder for a single site; here each hospital has its own.
unset PIPELINE__SITE__DATA_DIRECTORY

if [ -f "$SITES/$CHAIN.joined" ]; then
    echo "$SITES is provisioned already"
    exit 0
fi

pipeline init --trial-ca "$SITES/ca" --passphrase-file "$PASSPHRASE"
for hospital in north south west; do
    pipeline init "$hospital" --data "$SITES/$hospital" --gateway "$hospital:7443" --listen 0.0.0.0:7443 --ca "$SITES/ca" --passphrase-file "$PASSPHRASE"
done
pipeline chain create "$CHAIN" --member "$SITES/north/north.member.json" "$SITES/south/south.member.json" "$SITES/west/west.member.json" --terms "$TERMS" --out "$SITES/$CHAIN.proposal"
for hospital in north south west; do
    pipeline chain sign "$SITES/$CHAIN.proposal" --config "$SITES/$hospital/site.conf"
done
for hospital in north south west; do
    pipeline chain join "$SITES/$CHAIN.proposal" --config "$SITES/$hospital/site.conf" --ae-title CHEST
done
touch "$SITES/$CHAIN.joined"
