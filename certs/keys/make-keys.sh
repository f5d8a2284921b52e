#!/bin/sh
# Makes the lab's keys that take too long to make at start, and the public halves of those that the
# lab only shows. They protect nothing: the lab listens on loopback and its names do not exist.
# Needs OpenSSL 3. Existing files are kept.
set -eu
cd "$(dirname "$0")"
export OPENSSL_CONF=/dev/null

rsa() { # file, bits, exponent
    [ -e "$1.pem" ] && return
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:"$2" ${3:+-pkeyopt rsa_keygen_pubexp:$3} -out "$1.pem" 2>/dev/null
}
public() { # file, then how to make the private half
    file=$1
    shift
    [ -e "$file.pub.pem" ] || openssl genpkey "$@" 2>/dev/null | openssl pkey -pubout -out "$file.pub.pem"
}

rsa rsa512 512
rsa rsa1024 1024
rsa rsa2048 2048
rsa rsa2050 2050
rsa rsa3072 3072
rsa rsa4096 4096
rsa rsa8448 8448
rsa rsa2048-e3 2048 3
public rsa2048-pss -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048
public p192 -algorithm EC -pkeyopt ec_paramgen_curve:prime192v1
public p224 -algorithm EC -pkeyopt ec_paramgen_curve:secp224r1
public k256 -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1
public brainpool256 -algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1
public p256-explicit -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -pkeyopt ec_param_enc:explicit
if [ ! -e dsa2048.pub.pem ]; then
    openssl genpkey -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:2048 -pkeyopt dsa_paramgen_q_bits:256 -out dsa.params 2>/dev/null
    openssl genpkey -paramfile dsa.params | openssl pkey -pubout -out dsa2048.pub.pem
    rm dsa.params
fi
