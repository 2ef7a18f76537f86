SUMMARY = "OCI container runtime for Xen: every container is a domain of its own"
# Its own, and those of the npm packages in the bundle.
LICENSE = "Apache-2.0 & BlueOak-1.0.0 & ISC & MIT"
LIC_FILES_CHKSUM = "file://LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

SRC_URI = " \
    file://CHANGELOG.md;subdir=runx \
    file://LICENSE;subdir=runx \
    file://README.md;subdir=runx \
    file://package.json;subdir=runx \
    file://scripts/ascii-width.ts;subdir=runx \
    file://scripts/bundle-notices.ts;subdir=runx \
    file://scripts/bundle.ts;subdir=runx \
    file://scripts/bundle-chunks.ts;subdir=runx \
    file://scripts/reference;subdir=runx \
    file://scripts/reference.ts;subdir=runx \
    file://src;subdir=runx \
    file://tsconfig.json;subdir=runx \
"

inherit runx-source runx-npm

# What package.json names as dependencies, and what bundles them.
RUNX_NPM_ROOTS = "cni-ts-client execa fs-extra pino toml valibot yargs rolldown tsx"

do_configure[noexec] = "1"

do_compile() {
    cd ${S}
    ln -sfn ../src/cni-ts-client node_modules/cni-ts-client
    node --import tsx scripts/bundle.ts ${B}/bundle
    node --import tsx scripts/reference.ts toml ${B}/runx.toml
    oe_runmake -C src/monitor OUT=${B}/monitor CC="${CC} ${DEBUG_PREFIX_MAP}"
}

do_install() {
    install -d ${D}${nonarch_libdir}/runx ${D}${bindir} ${D}${sbindir}
    install -m 0644 ${B}/bundle/*.cjs ${D}${nonarch_libdir}/runx
    install -m 0755 ${B}/bundle/runx.cjs ${B}/monitor/runx-monitor ${D}${nonarch_libdir}/runx
    ln -s ../lib/runx/runx.cjs ${D}${bindir}/runx
    ln -s ../lib/runx/runx.cjs ${D}${sbindir}/runX
    install -D -m 0644 -t ${D}${sysconfdir}/runx ${B}/runx.toml
    install -D -m 0644 -t ${D}${docdir}/runx ${S}/README.md ${S}/CHANGELOG.md ${S}/LICENSE
}

FILES:${PN} += "${nonarch_libdir}/runx"
CONFFILES:${PN} = "${sysconfdir}/runx/runx.toml"
# The monitor's Makefile strips it.
INSANE_SKIP:${PN} += "already-stripped"

RDEPENDS:${PN} = " \
    cni \
    diod \
    iproute2 \
    iproute2-tc \
    nodejs \
    runx-kernel \
    runx-ramdisk \
    util-linux-mount \
    util-linux-umount \
    xen-tools-xencommons \
    xen-tools-xl \
"
RRECOMMENDS:${PN} = " \
    e2fsprogs-mke2fs \
    erofs-utils \
    iptables \
    kernel-module-act-mirred \
    kernel-module-bridge \
    kernel-module-cls-matchall \
    kernel-module-loop \
    kernel-module-sch-ingress \
    kernel-module-veth \
    kernel-module-xen-blkback \
    kernel-module-xen-evtchn \
    kernel-module-xen-gntdev \
    kernel-module-xen-netback \
"
