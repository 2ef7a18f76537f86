# Of Dom0's own kernel: what the networks and disks of runX's domains need.
FILESEXTRAPATHS:prepend := "${THISDIR}/files:"
SRC_URI:append = "${@bb.utils.contains('DISTRO_FEATURES', 'xen', ' file://runx-dom0.cfg', '', d)}"
