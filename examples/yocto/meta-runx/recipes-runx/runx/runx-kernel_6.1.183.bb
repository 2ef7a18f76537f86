SUMMARY = "Linux for the domains of runX"
# Not called linux-*: meta-virtualization appends to those.
LICENSE = "GPL-2.0-only"
LIC_FILES_CHKSUM = "file://COPYING;md5=6bc538ed5bd9a7fc9398086aedcd7e46"

SRC_URI = " \
    ${KERNELORG_MIRROR}/linux/kernel/v6.x/linux-${PV}.tar.xz;name=linux \
    file://kernel/arm64.config;subdir=runx \
    file://kernel/base.config;subdir=runx \
    file://kernel/x86_64.config;subdir=runx \
    file://kernel/patches/9p-flush.patch \
    file://kernel/patches/9p-full-ring.patch \
    file://kernel/patches/console-full-ring.patch \
    file://kernel/patches/console-numbers.patch \
    file://kernel/patches/image-alignment.patch \
    file://kernel/patches/image-gaps.patch \
    file://kernel/patches/memory-sections.patch \
    file://kernel/patches/smp-locks.patch \
    file://kernel/patches/xen-tsc.patch \
    file://kernel/patches/xenbus-boot.patch \
"
SRC_URI[linux.sha256sum] = "362d07fe4938c415ce651aefee063a5c4151109b39c97be039bbaa8312ffc0e2"

inherit runx-source kernel-arch pkgconfig

S = "${RUNX_UNPACKED}/linux-${PV}"
# The patches say in words what they are for.
ERROR_QA:remove = "patch-status"
WARN_QA:remove = "patch-status"

DEPENDS += "bc-native bison-native elfutils-native flex-native lz4-native openssl-native"
DEPENDS:append:aarch64 = " libgcc"

RUNX_ARCH:x86-64 = "x86_64"
RUNX_ARCH:aarch64 = "arm64"
RUNX_IMAGE:x86-64 = "arch/x86/boot/bzImage"
RUNX_IMAGE:aarch64 = "arch/arm64/boot/Image.gz"
RUNX_FRAGMENTS = "${RUNX_UNPACKED}/runx/kernel/base.config ${RUNX_UNPACKED}/runx/kernel/${RUNX_ARCH}.config"

KERNEL_CC:append:aarch64 = " ${TOOLCHAIN_OPTIONS}"
EXTRA_OEMAKE = " \
    -C ${S} O=${B} ARCH=${ARCH} CROSS_COMPILE=${TARGET_PREFIX} \
    CC='${KERNEL_CC}' LD='${KERNEL_LD}' AR='${KERNEL_AR}' OBJCOPY='${KERNEL_OBJCOPY}' STRIP='${KERNEL_STRIP}' \
    KCFLAGS='-ffile-prefix-map=${S}=. -ffile-prefix-map=${B}=.' \
    HOSTCC='${BUILD_CC}' HOSTCFLAGS='${BUILD_CFLAGS}' HOSTLDFLAGS='${BUILD_LDFLAGS}' HOSTPKG_CONFIG=pkg-config-native \
"
# Same inputs, same bytes.
export KBUILD_BUILD_TIMESTAMP = "1970-01-01 00:00:00 UTC"
export KBUILD_BUILD_USER = "runx"
export KBUILD_BUILD_HOST = "runx"
export KBUILD_BUILD_VERSION = "1"

do_configure() {
    unset CFLAGS CPPFLAGS CXXFLAGS LDFLAGS MACHINE
    oe_runmake tinyconfig
    ${S}/scripts/kconfig/merge_config.sh -m -O ${B} ${B}/.config ${RUNX_FRAGMENTS}
    oe_runmake olddefconfig
    missing=$(grep -hE '^CONFIG_' ${RUNX_FRAGMENTS} | grep -vxFf ${B}/.config || true)
    unwanted=$(sed -n 's/^# \(CONFIG_[A-Z0-9_]*\) is not set$/\1=/p' ${RUNX_FRAGMENTS} | grep -Ff - ${B}/.config || true)
    [ -z "$missing$unwanted" ] || bbfatal "kernel configuration did not take effect: $missing $unwanted"
}

do_compile() {
    unset CFLAGS CPPFLAGS CXXFLAGS LDFLAGS MACHINE
    oe_runmake $(basename ${RUNX_IMAGE})
}

do_install() {
    install -d ${D}${nonarch_libdir}/runx
    install -m 0644 ${B}/${RUNX_IMAGE} ${D}${nonarch_libdir}/runx/kernel
    install -m 0644 ${B}/.config ${D}${nonarch_libdir}/runx/kernel.config
}

FILES:${PN} = "${nonarch_libdir}/runx/kernel ${nonarch_libdir}/runx/kernel.config"
