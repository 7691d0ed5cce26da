#!/bin/sh
# The image's last stage without a container engine: the same packages, user, files and start in a plain Debian root file system, and the image's own
# health check. For trying the Dockerfile where no engine is at hand. As root, with debootstrap and util-linux.
#
#   docker/plain-root.sh ROOT PUBLISHED      ROOT: made where it is absent; PUBLISHED: what `dotnet publish -c Release Pipeline.Host -o PUBLISHED` wrote
#
# A Debian release has the .NET runtime nowhere: it is copied from this machine, where the image has it from its base.
set -eu
[ $# -eq 2 ] || { sed -n '5p' "$0"; exit 2; }
ROOT=$1
PUBLISHED=$2
HERE=$(dirname "$0")
DOTNET=$(dirname "$(readlink -f "$(command -v dotnet)")")

# What the Dockerfile installs, and what its base image has beside the runtime.
PACKAGES=$(sed -n 's/.*--no-install-recommends \([^&]*\) &&.*/\1/p' "$HERE/Dockerfile" | tr ' ' ',')
[ -d "$ROOT/usr" ] || debootstrap --variant=minbase --include="$PACKAGES,libssl3,libicu72,ca-certificates" bookworm "$ROOT"

mkdir -p "$ROOT/usr/share/dotnet" "$ROOT/app"
cp -r "$DOTNET/dotnet" "$DOTNET/host" "$DOTNET/shared" "$ROOT/usr/share/dotnet/"
chroot "$ROOT" sh -c 'id pipeline >/dev/null 2>&1 || useradd --system --uid 10001 --create-home pipeline; install -d -o pipeline -g pipeline /data'
cp -r "$PUBLISHED/." "$ROOT/app/"
mkdir -p "$ROOT/etc/pipeline"
cp "$HERE"/../hocon/*.conf "$ROOT/etc/pipeline/"
install -m 755 "$HERE/provision.sh" "$ROOT/usr/local/bin/provision"
chroot "$ROOT" ln -sf /app/pipeline /usr/local/bin/pipeline

# As the image's user, with processes and mounts of its own; the network is this machine's.
unshare --mount --pid --fork --kill-child sh -eu -c '
    mount -t proc proc "$0/proc"
    mount --bind "$0/data" "$0/data"
    mount --rbind /dev "$0/dev"
    chroot --userspec=10001:10001 "$0" env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/home/pipeline DOTNET_ROOT=/usr/share/dotnet PIPELINE__SITE__DATA_DIRECTORY=/data \
        sh -eu -c "
            pipeline config check /etc/pipeline/site.conf
            pipeline doctor --config /etc/pipeline/site.conf
            pipeline run --config /etc/pipeline/site.conf > /data/site.log 2>&1 &
            site=\$!
            for try in \$(seq 60); do
                sleep 1
                pipeline status --data /data > /data/status 2>&1 && break
                kill -0 \$site || { cat /data/site.log; exit 1; }
            done
            cat /data/status
            pipeline status --data /data > /dev/null
            pipeline dicom echo 127.0.0.1:11112 --aec PIPELINE
            kill -TERM \$site
            wait \$site"
' "$ROOT"
