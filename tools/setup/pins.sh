# Everything that set-up fetches from outside Debian's signed archive, by version and checksum.
# Python packages are pinned in python-build.lock and python-test.lock (`make lock` rewrites them).
# Sourced by the steps; a change here runs the step that uses it again.

ONNXRUNTIME_VERSION=1.32.0
ONNXRUNTIME_WHEEL_SHA256_x86_64=5a34fc4dfeb5a7b4a74c95dcba1e773d722abda720b474edf1b0c419dc6d163d
ONNXRUNTIME_WHEEL_SHA256_aarch64=2303372a85299b6757b0e11e1cbf13e410ddf7e10c37f4b37e99d1c90e7daf7c

# The wheel has no headers: they come from a newer Debian suite. The checksum is that of the headers
# one after another in the order of their names, so it holds for every processor.
ONNXRUNTIME_HEADERS_SUITE=trixie
ONNXRUNTIME_HEADERS_VERSION=1.21.0+dfsg-1
ONNXRUNTIME_HEADERS_SHA256=85e733da5cad0e8a2c7bf035279904ae0795c54a3a82a989f6139965b419e528

FACE_API_PACKAGE=@vladmandic/face-api
FACE_API_VERSION=1.7.15
FACE_API_SHA256=0d77fffeef362ef9c0939cf6c567f3a2e8e177f114fa257a3270cbd2e509b031
