require recipes-extended/images/xen-image-minimal.bb

SUMMARY = "A Dom0 with runX"

IMAGE_INSTALL:append = " packagegroup-runx"

# Of runqemu's machine, in MiB: Dom0 and the containers.
QB_MEM_VALUE = "2048"
