# Fetches npm packages with bitbake's own fetcher (newer releases have none for npm) and
# unpacks them into runx/node_modules.  Versions and checksums are those of
# package-lock.json.
#
# RUNX_NPM_ROOTS     the packages; what they depend on follows
# RUNX_NPM_REGISTRY  URL of a registry, as "npm config get registry" prints it

RUNX_NPM_REGISTRY ?= ""
RUNX_LOCK = "${RUNX_SOURCE}/package-lock.json"

DEPENDS += "nodejs-native"

def runx_npm_packages(lock, roots, cpu):
    """Paths in package-lock.json's "packages" of ROOTS and of what they need on Linux."""
    packages = lock["packages"]
    found = set()

    def find(start, name):
        while True:
            path = (start + "/" if start else "") + "node_modules/" + name
            if path in packages:
                return packages[path].get("resolved", path) if packages[path].get("link") else path
            if not start:
                return None
            start = start.rpartition("node_modules/")[0].rstrip("/")

    def add(start, name, optional):
        path = find(start, name)
        if path is None:
            if optional:
                return
            raise KeyError("package-lock.json has no %s, which '%s' needs" % (name, start))
        package = packages[path]
        # Machines that bitbake runs on have glibc.
        wants = {"os": "linux", "cpu": cpu, "libc": "glibc"}
        if path in found or any(value not in package.get(key, [value]) for key, value in wants.items()):
            return
        found.add(path)
        for dependency in package.get("dependencies", {}):
            add(path, dependency, False)
        for dependency in package.get("optionalDependencies", {}):
            add(path, dependency, True)

    for root in roots:
        add("", root, False)
    return sorted(found)

def runx_npm_uris(d):
    import base64, json

    registry = (d.getVar("RUNX_NPM_REGISTRY") or "").rstrip("/")
    with open(d.getVar("RUNX_LOCK")) as file:
        lock = json.load(file)
    cpu = {"x86_64": "x64", "aarch64": "arm64"}.get(d.getVar("BUILD_ARCH"), d.getVar("BUILD_ARCH"))
    uris = []
    for path in runx_npm_packages(lock, d.getVar("RUNX_NPM_ROOTS").split(), cpu):
        if not path.startswith("node_modules/"):
            continue
        package = lock["packages"][path]
        name = path.rpartition("node_modules/")[2]
        algorithm, _, digest = package["integrity"].partition("-")
        uris.append("%s/%s/-/%s-%s.tgz;downloadfilename=npm-%s-%s.tgz;subdir=runx/%s;striplevel=1;%ssum=%s" % (
            registry, name, name.rpartition("/")[2], package["version"],
            name.replace("/", "-").lstrip("@"), package["version"], path,
            algorithm, base64.b64decode(digest).hex()))
    return " ".join(uris)

SRC_URI:append = " ${@runx_npm_uris(d)}"
SRC_URI[vardeps] += "RUNX_NPM_ROOTS RUNX_NPM_REGISTRY"

python () {
    bb.parse.mark_dependency(d, d.getVar("RUNX_LOCK"))
    if not d.getVar("RUNX_NPM_REGISTRY"):
        raise bb.parse.SkipRecipe("RUNX_NPM_REGISTRY is not set; set it in local.conf to what 'npm config get registry' prints")
}
