#!/bin/sh
# Writes a C file that holds the named files: embed.sh FILE... > embedded.c
# The list is called $SYMBOL, scim_embedded unless that is set.
set -eu
echo '#include "schemas/embedded.h"'
echo
n=0
for file in "$@"; do
    printf 'static const unsigned char file_%d[] = {\n' "$n"
    od -An -v -tx1 "$file" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
    echo '0x00};'
    n=$((n + 1))
done
echo
echo "const scim_embedded_t ${SYMBOL:-scim_embedded}[] = {"
n=0
for file in "$@"; do
    name=${file##*/}
    printf '    {"%s", (const char *)file_%d, sizeof(file_%d) - 1},\n' "$name" "$n" "$n"
    n=$((n + 1))
done
echo '    {0, 0, 0}};'
