SUMMARY = "All that a Dom0 needs to run containers as domains"

inherit packagegroup features_check
REQUIRED_DISTRO_FEATURES = "virtualization xen"

# Other releases call the recipe containerd, and let it provide this name.
RDEPENDS:${PN} = " \
    containerd-opencontainers \
    runx \
    xen-tools \
"
