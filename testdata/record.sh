#!/usr/bin/env bash
# Records baseline.pcap and suspect.pcap: real programs in network namespaces, from which no route leads out.
#
#   device   10.42.0.130   a streaming device, behind
#   router   10.42.0.1     its router: DHCP and DNS server; tcpdump listens on its local network
#   peer     10.42.0.96    a stranger on the same local network, in the second capture alone
#   remote   addresses of 192.0.2.0/24, 198.51.100.0/24 and 203.0.113.0/24 (RFC 5737): every server outside
#
# The router's resolver gives names of real services addresses of the remote host, so that what the device sends
# looks as it would at home. Needs root and, from Debian: iproute2 tcpdump dnsmasq-base nginx-light openssl curl
# chrony ntpsec-ntpdate udhcpc ngtcp2-client ngtcp2-server aria2 openssh-server openssh-client iputils-ping socat.
#
# usage: sudo testdata/record.sh [OUT-FOLDER]      (default: the folder of this script)
set -euo pipefail
out=$(cd "${1:-$(dirname "$0")}" && pwd)
work=$(mktemp -d)
id=$$
device=sm-device-$id router=sm-router-$id remote=sm-remote-$id peer=sm-peer-$id
in_() { local ns=$1; shift; ip netns exec "$ns" "$@"; }

cleanup() {
  for ns in "$device" "$router" "$remote" "$peer"; do
    ip netns pids "$ns" 2>/dev/null | xargs -r kill 2>/dev/null || true
  done
  sleep 0.3
  for ns in "$device" "$router" "$remote" "$peer"; do ip netns del "$ns" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT

# name address, one service a line; the first label of the certificate is the name itself.
hosts='
api-global.netflix.com      198.51.100.10
nrdp.nccp.netflix.com       198.51.100.11
occ-0-2773.1.nflxso.net     198.51.100.12
www.youtube.com             203.0.113.20
i.ytimg.com                 203.0.113.21
api.spotify.com             198.51.100.30
www.msftconnecttest.com     198.51.100.40
settings.data.microsoft.com 198.51.100.41
time.cloudflare.com         192.0.2.123
www.dropbox.com             198.51.100.70
tracker.example.org         203.0.113.66
shell.example.net           203.0.113.22
'

network() {
  for ns in "$device" "$router" "$remote" "$peer"; do
    ip netns add "$ns"
    in_ "$ns" ip link set lo up
    in_ "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
  done
  in_ "$router" ip link add lan type bridge
  for ns in "$device" "$peer"; do
    ip link add eth0 netns "$ns" type veth peer name "${ns##*sm-}" netns "$router"
    in_ "$router" ip link set "${ns##*sm-}" master lan up
    in_ "$ns" ip link set eth0 up
  done
  in_ "$device" ip link set eth0 address 02:00:00:00:01:30
  in_ "$peer" ip link set eth0 address 02:00:00:00:00:96
  in_ "$router" ip link set lan address 02:00:00:00:00:01 up
  in_ "$router" ip addr add 10.42.0.1/24 dev lan
  in_ "$peer" ip addr add 10.42.0.96/24 dev eth0
  ip link add wan netns "$router" type veth peer name eth0 netns "$remote"
  in_ "$router" ip addr add 192.0.2.1/32 dev wan
  in_ "$router" ip link set wan up
  in_ "$remote" ip link set eth0 up
  in_ "$remote" ip route add 10.42.0.0/24 dev eth0
  for net in 192.0.2.0/24 198.51.100.0/24 203.0.113.0/24; do in_ "$router" ip route add "$net" dev wan; done
  awk 'NF{print $2}' <<<"$hosts" | while read -r address; do in_ "$remote" ip addr add "$address/32" dev eth0; done
  in_ "$router" sysctl -qw net.ipv4.ip_forward=1
  in_ "$router" sysctl -qw net.ipv4.conf.all.proxy_arp=1
  in_ "$remote" sysctl -qw net.ipv4.conf.all.proxy_arp=1
  in_ "$remote" ip route add 192.0.2.1/32 dev eth0
  # The programs of this machine would split and join packets for the network card: they shall not.
  for at in "$device eth0" "$peer eth0" "$remote eth0" "$router wan"; do
    in_ ${at% *} ethtool -K "${at#* }" tso off gso off gro off tx off >/dev/null 2>&1 || true
  done
}

certificates() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=servmap test authority' \
    -keyout "$work/ca.key" -out "$work/ca.pem" 2>/dev/null
  awk 'NF{print "DNS."NR" = "$1}' <<<"$hosts" >"$work/names"
  openssl req -new -newkey rsa:2048 -nodes -subj '/CN=www.example.com' -keyout "$work/key.pem" -out "$work/csr" 2>/dev/null
  openssl x509 -req -in "$work/csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 2 -out "$work/cert.pem" \
    -extfile <(printf 'subjectAltName=@names\n[names]\n'; cat "$work/names") 2>/dev/null
}

servers() {
  awk 'NF{print "address=/"$1"/"$2}' <<<"$hosts" >"$work/dnsmasq.conf"
  in_ "$router" dnsmasq --conf-file="$work/dnsmasq.conf" --no-resolv --no-hosts --bind-interfaces --interface=lan \
    --except-interface=lo --user=root --pid-file="$work/dnsmasq.pid" --dhcp-leasefile="$work/leases" \
    --dhcp-range=10.42.0.130,10.42.0.130,1h --dhcp-option=option:dns-server,10.42.0.1 --log-facility="$work/dnsmasq.log"
  mkdir -p "$work/www/title" "$work/logs"
  head -c 30000 /dev/zero | tr '\0' 'm' >"$work/www/title/segment.m4s"
  echo '<!doctype html><title>hello</title>' >"$work/www/index.html"
  echo 'Microsoft Connect Test' >"$work/www/connecttest.txt"
  # A tracker's answer is a dictionary (BEP 3): one peer, 203.0.113.66 port 51413, in compact form.
  printf 'd8:intervali1800e5:peers6:\xcb\x00\x71\x42\xc8\xd5e' >"$work/www/announce"
  cat >"$work/nginx.conf" <<CONF
user root; pid $work/nginx.pid; error_log $work/logs/error.log; worker_processes 1;
events { worker_connections 64; }
http {
  access_log off; default_type text/html; client_body_temp_path $work/logs; proxy_temp_path $work/logs;
  fastcgi_temp_path $work/logs; uwsgi_temp_path $work/logs; scgi_temp_path $work/logs;
  server { listen 80; listen 443 ssl; root $work/www; ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem; }
}
CONF
  in_ "$remote" nginx -c "$work/nginx.conf" -p "$work"
  in_ "$remote" gtlsserver -q -d "$work/www" 203.0.113.20 443 "$work/key.pem" "$work/cert.pem" >/dev/null 2>&1 &
  printf 'local stratum 2\nallow all\ncmdport 0\npidfile %s\nbindaddress 192.0.2.123\n' "$work/chrony.pid" >"$work/chrony.conf"
  in_ "$remote" chronyd -x -u root -f "$work/chrony.conf" || true
  sleep 0.5
}

capture() { # FILE: starts tcpdump on the router's side of the local network
  ip netns exec "$router" tcpdump -i lan -n -s 0 -U --immediate-mode -Z root -w "$1" 2>"$work/tcpdump.log" &
  tcpdump_pid=$!
  for _ in $(seq 50); do grep -q 'listening on' "$work/tcpdump.log" && return; sleep 0.1; done
  cat "$work/tcpdump.log" >&2
  exit 1
}

stop_capture() {
  sleep 1
  kill -INT "$tcpdump_pid"
  wait "$tcpdump_pid" || true
}

lease() {
  cat >"$work/udhcpc.sh" <<'DHCP'
#!/bin/sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip addr replace "$ip/24" dev "$interface"
ip route replace default via "$router"
DHCP
  chmod +x "$work/udhcpc.sh"
  in_ "$device" udhcpc -i eth0 -n -q -f -s "$work/udhcpc.sh" -x hostname:streamer -V streamer >/dev/null 2>&1
}

mkdir -p "/etc/netns/$device"
echo 'nameserver 10.42.0.1' >"/etc/netns/$device/resolv.conf"
trap 'cleanup; rm -rf "/etc/netns/$device"' EXIT

fetch() {
  local url
  for url; do in_ "$device" curl -s -o /dev/null --max-time 10 --cacert "$work/ca.pem" "$url"; done
}
quic() { in_ "$device" timeout 10 gtlsclient -q --exit-on-first-stream-close "$1" 443 "https://$1/$2" >/dev/null 2>&1 || true; }

baseline() {
  lease
  fetch http://www.msftconnecttest.com/connecttest.txt
  in_ "$device" timeout 10 ntpdate -q time.cloudflare.com >/dev/null 2>&1 || true
  fetch https://api-global.netflix.com/ https://nrdp.nccp.netflix.com/title/segment.m4s
  fetch https://occ-0-2773.1.nflxso.net/title/segment.m4s
  fetch https://www.youtube.com/ https://i.ytimg.com/title/segment.m4s
  quic www.youtube.com title/segment.m4s
  fetch https://api.spotify.com/
  fetch https://settings.data.microsoft.com/
}

suspect() {
  fetch https://api-global.netflix.com/
  quic www.youtube.com index.html
  in_ "$device" timeout 10 ntpdate -q time.cloudflare.com >/dev/null 2>&1 || true
  fetch https://www.dropbox.com/title/segment.m4s
  # BitTorrent: the remote host seeds, the device asks the tracker and fetches.
  mkdir -p "$work/seed" "$work/leech"
  head -c 60000 /dev/zero | tr '\0' 's' >"$work/seed/season.mkv"
  transmission-create -o "$work/season.torrent" -t http://tracker.example.org/announce "$work/seed/season.mkv" >/dev/null
  in_ "$remote" aria2c -q -V -d "$work/seed" --listen-port=51413 --enable-dht=false --enable-dht6=false --bt-enable-lpd=false \
    --disable-ipv6 --bt-exclude-tracker='*' --seed-ratio=0 --bt-external-ip=203.0.113.66 "$work/season.torrent" &
  sleep 2
  in_ "$device" timeout 20 aria2c -q -d "$work/leech" --listen-port=51414 --enable-dht=false --enable-dht6=false --bt-enable-lpd=false \
    --disable-ipv6 --seed-time=0 "$work/season.torrent" || true
  # SSH to a remote host.
  ssh-keygen -q -t ed25519 -N '' -f "$work/hostkey"
  ssh-keygen -q -t ed25519 -N '' -f "$work/userkey"
  cp "$work/userkey.pub" "$work/authorized"
  mkdir -p /run/sshd
  in_ "$remote" /usr/sbin/sshd -f /dev/null -o ListenAddress=203.0.113.22 -h "$work/hostkey" -o PidFile=none \
    -o "AuthorizedKeysFile=$work/authorized" -o StrictModes=no -o PermitRootLogin=yes -o UsePAM=no
  in_ "$device" timeout 10 ssh -F /dev/null -i "$work/userkey" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
    -o LogLevel=ERROR root@shell.example.net 'seq 500' >/dev/null || true
  # A remote host pings the device.
  in_ "$remote" ping -q -c 3 -i 0.3 -I 203.0.113.22 10.42.0.130 >/dev/null
  # A stranger on the local network speaks something of his own to the device, and the device answers.
  in_ "$device" socat -u TCP-LISTEN:7788,reuseaddr SYSTEM:'cat >/dev/null' &
  sleep 0.5
  for n in 1 2 3 4 5 6; do printf '\x9b\xe3zorch%d\xd5\xf1\x8a\xc4' "$n"; sleep 0.2; done |
    in_ "$peer" socat -u - TCP:10.42.0.130:7788
}

network
certificates
servers
capture "$work/baseline.pcap"
baseline
stop_capture
capture "$work/suspect.pcap"
suspect
stop_capture
cp "$work/baseline.pcap" "$work/suspect.pcap" "$out"
