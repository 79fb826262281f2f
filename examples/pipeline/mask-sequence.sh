#!/bin/sh
# Masks a sequence as compositing programs name it: plate.%04d.exr, first and last frame.
# mask-sequence.sh PLATE FIRST LAST SHOT OUT [options of roto mask...]
# A frame that is there already is an error; mattes get the numbers of the plate. The exit status is
# that of roto: 2 for something to mend, 5 for a server that is to be tried again.
set -eu

plate=$1 first=$2 last=$3 shot=$4 out=$5
shift 5

exec "${ROTO:-roto}" mask "$plate" --shot "$shot" --range "$first-$last" \
  --format png16 --out "$out" --no-input "$@"
