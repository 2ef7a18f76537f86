# Makes runX the runtime of containerd's CRI.

SRC_URI:append = " file://config.toml"

do_install:append() {
    install -D -m 0644 -t ${D}${sysconfdir}/containerd ${@d.getVar('UNPACKDIR') or d.getVar('WORKDIR')}/config.toml
}

FILES:${PN} += "${sysconfdir}/containerd"
CONFFILES:${PN} += "${sysconfdir}/containerd/config.toml"
