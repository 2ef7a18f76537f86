SUMMARY = "What runs in a domain of runX before and around the container's process"
LICENSE = "Apache-2.0 & GPL-2.0-only"
LIC_FILES_CHKSUM = " \
    file://LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57 \
    file://../busybox-${BUSYBOX_VERSION}/LICENSE;md5=de10de48642ab74318e893a61105afbb \
"

BUSYBOX_VERSION = "1.37.0"
SRC_URI = " \
    https://busybox.net/downloads/busybox-${BUSYBOX_VERSION}.tar.bz2;name=busybox \
    file://LICENSE;subdir=runx \
    file://initrd;subdir=runx \
    file://package.json;subdir=runx \
    file://src/guest/cpio.ts;subdir=runx \
    file://src/protocol;subdir=runx \
    file://tsconfig.json;subdir=runx \
"
SRC_URI[busybox.sha256sum] = "3311dff32e746499f4df0d5df04d7eb396382d7e108bb9250e7b519b837043a4"

inherit runx-source runx-npm

RUNX_NPM_ROOTS = "tsx"

BUSYBOX = "${RUNX_UNPACKED}/busybox-${BUSYBOX_VERSION}"
BUSYBOX_MAKE = "oe_runmake -C ${BUSYBOX} CC='${CC}' LD='${CCLD}' STRIP='${STRIP}' ARCH=${TARGET_ARCH} \
    CROSS_COMPILE=${TARGET_PREFIX} HOSTCC='${BUILD_CC} ${BUILD_LDFLAGS}' HOSTCPP='${BUILD_CPP}' \
    EXTRA_CFLAGS='${DEBUG_PREFIX_MAP}'"

do_configure() {
    unset CFLAGS CPPFLAGS CXXFLAGS LDFLAGS
    export KCONFIG_NOTIMESTAMP=1
    config=${S}/initrd/busybox.config
    ${BUSYBOX_MAKE} allnoconfig
    sed -nE 's/^(CONFIG_[A-Z0-9_]*)=.*/\/^(# )?\1( is not set|=.*)$\/d/p' $config >${B}/replaced.sed
    sed -i -E -f ${B}/replaced.sed ${BUSYBOX}/.config
    cat $config >>${BUSYBOX}/.config
    yes '' | ${BUSYBOX_MAKE} oldconfig
    missing=$(grep '^CONFIG_.*=[y"]' $config | grep -vxFf ${BUSYBOX}/.config || true)
    [ -z "$missing" ] || bbfatal "busybox configuration did not take effect: $missing"
}

do_compile() {
    oe_runmake -C ${S}/initrd/process OUT=${B}/process CC="${CC} ${DEBUG_PREFIX_MAP}"
    cd ${S}
    (
        unset CFLAGS CPPFLAGS CXXFLAGS LDFLAGS
        export KCONFIG_NOTIMESTAMP=1
        ${BUSYBOX_MAKE} busybox
    )
    node --import tsx initrd/pack.ts ${BUSYBOX}/busybox ${B}/process/runx-process ${B}/ramdisk
}

do_install() {
    install -D -m 0644 -t ${D}${nonarch_libdir}/runx ${B}/ramdisk
}

FILES:${PN} = "${nonarch_libdir}/runx/ramdisk"
