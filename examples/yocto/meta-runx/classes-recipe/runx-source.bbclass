# What the recipes share: the sources are those of the checkout around this layer
# (RUNX_SOURCE), each named in SRC_URI by its path there, with ";subdir=runx".

FILESEXTRAPATHS:prepend := "${RUNX_SOURCE}:"

# scarthgap has no UNPACKDIR.
RUNX_UNPACKED = "${@d.getVar('UNPACKDIR') or d.getVar('WORKDIR')}"
S = "${RUNX_UNPACKED}/runx"
B = "${WORKDIR}/build"

inherit features_check
REQUIRED_DISTRO_FEATURES = "virtualization xen"

# PV and PVH domains of these; nothing has been run on aarch64.
COMPATIBLE_HOST = "(x86_64|aarch64).*-linux"
