include ${@bb.utils.contains('DISTRO_FEATURES', 'xen', 'runx.inc', '', d)}
