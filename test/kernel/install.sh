#!/bin/sh
# Installs a tarball on this machine, seen through overlays that are thrown away, under an auditd of its
# own; follows a record; takes it off again. In a mount namespace of its own: install.sh WORK TARBALL
set -eu
work=$1 top=$2
for place in etc opt var; do
  mkdir -p "$work/$place/upper" "$work/$place/work"
  mount -t overlay overlay -o "lowerdir=/$place,upperdir=$work/$place/upper,workdir=$work/$place/work" "/$place"
done
mount -t tmpfs tmpfs /run
rm -rf /etc/audit/plugins.d/*.conf /opt/spillway /etc/spillway /var/spool/spillway /var/log/spillway
children=
trap 'kill $children 2>/dev/null; wait' EXIT

# As the kernel knows it, so that it is this one that is waited for.
registered() { auditctl -s | sed -n 's/^pid //p'; }
auditd -n >"$work/auditd.log" 2>&1 &
auditd=$!
children=$auditd
for _ in $(seq 100); do [ "$(registered)" = "$auditd" ] && break || sleep 0.1; done

"$top/bin/spillway" install --now
echo '== again'
"$top/bin/spillway" install
echo '== service'
setpriv --reuid=spillway --regid=spillway --clear-groups --bounding-set=-all --inh-caps=-all \
  --no-new-privs /opt/spillway/bin/spillway run >"$work/service.log" 2>&1 &
service=$!
children="$service $auditd"
echo '== selftest'
/opt/spillway/bin/spillway selftest
stat -c '%A %U:%G' /var/spool/spillway/00000001-00000000.seg
echo '== uninstall'
kill "$service"
wait "$service"
children=$auditd
/opt/spillway/bin/spillway uninstall
echo '== left'
find /opt /etc/audit/plugins.d /etc/systemd/system -path '*spillway*'
pgrep -f '^/opt/spillway' || echo 'no process'
