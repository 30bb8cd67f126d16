# perigee_proto(<target> <file>.proto...): a library of the C++ that protoc and the gRPC plugin make
# of the contracts in api/. Its headers are included as "inference.grpc.pb.h". Generated code is not
# ours to warn about, and the undefined sanitizer multiplies its compile time for nothing.
find_program(PERIGEE_GRPC_PLUGIN grpc_cpp_plugin REQUIRED)

function(perigee_proto target)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/proto/${target})
  file(MAKE_DIRECTORY ${out})
  set(sources)
  foreach(proto IN LISTS ARGN)
    get_filename_component(stem ${proto} NAME_WE)
    get_filename_component(folder ${proto} DIRECTORY)
    set(made ${out}/${stem}.pb.cc ${out}/${stem}.pb.h
             ${out}/${stem}.grpc.pb.cc ${out}/${stem}.grpc.pb.h)
    add_custom_command(OUTPUT ${made}
      COMMAND protobuf::protoc --cpp_out=${out} --grpc_out=${out}
              --plugin=protoc-gen-grpc=${PERIGEE_GRPC_PLUGIN} -I${folder} ${proto}
      DEPENDS ${proto} VERBATIM)
    list(APPEND sources ${made})
  endforeach()
  add_library(${target} STATIC ${sources})
  target_compile_features(${target} PUBLIC cxx_std_23)
  target_include_directories(${target} SYSTEM PUBLIC ${out})
  target_link_libraries(${target} PUBLIC protobuf::libprotobuf PkgConfig::grpcpp)
  if(PERIGEE_SANITIZE)
    target_compile_options(${target} PRIVATE
      -fsanitize=${PERIGEE_SANITIZE} -fno-sanitize=undefined -fno-omit-frame-pointer)
  endif()
endfunction()

perigee_proto(perigee_api_proto
  ${PROJECT_SOURCE_DIR}/api/inference.proto ${PROJECT_SOURCE_DIR}/api/health.proto
  ${PROJECT_SOURCE_DIR}/api/tasks.proto)
