# onnxruntime::onnxruntime: the C/C++ library. Looks at ONNXRUNTIME_ROOT (an unpacked release
# archive), then an installed CMake package, then .deps/onnxruntime, which `make setup` fills.
find_package(onnxruntime CONFIG QUIET)
if(TARGET onnxruntime::onnxruntime AND NOT ONNXRUNTIME_ROOT)
  set(onnxruntime_FOUND TRUE)
  return()
endif()
set(onnxruntime_roots ${ONNXRUNTIME_ROOT} $ENV{ONNXRUNTIME_ROOT}
    ${PROJECT_SOURCE_DIR}/.deps/onnxruntime)
find_path(onnxruntime_INCLUDE_DIR onnxruntime_cxx_api.h
  PATHS ${onnxruntime_roots} PATH_SUFFIXES include include/onnxruntime NO_DEFAULT_PATH)
find_library(onnxruntime_LIBRARY onnxruntime
  PATHS ${onnxruntime_roots} PATH_SUFFIXES lib NO_DEFAULT_PATH)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(onnxruntime
  REASON_FAILURE_MESSAGE
    "run `make setup`, or set ONNXRUNTIME_ROOT to an unpacked ONNX Runtime release"
  REQUIRED_VARS onnxruntime_LIBRARY onnxruntime_INCLUDE_DIR)
if(onnxruntime_FOUND AND NOT TARGET onnxruntime::onnxruntime)
  add_library(onnxruntime::onnxruntime SHARED IMPORTED)
  set_target_properties(onnxruntime::onnxruntime PROPERTIES
    IMPORTED_LOCATION ${onnxruntime_LIBRARY}
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${onnxruntime_INCLUDE_DIR}
    INTERFACE_INCLUDE_DIRECTORIES ${onnxruntime_INCLUDE_DIR})
endif()
