# `wasm_check` compiles exactly the rooms marked WASM for the browser, without exceptions: the proof
# that a phone's page can carry them.
get_property(sources GLOBAL PROPERTY PERIGEE_WASM_SOURCES)
find_program(PERIGEE_WASM_CLANG clang++-19)
if(PERIGEE_WASM_CLANG)
  set(objects)
  foreach(source IN LISTS sources)
    file(RELATIVE_PATH relative ${PROJECT_SOURCE_DIR}/src ${source})
    string(REPLACE "/" "_" object ${relative})
    set(object ${CMAKE_BINARY_DIR}/wasm/${object}.o)
    add_custom_command(OUTPUT ${object}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/wasm
      COMMAND ${PERIGEE_WASM_CLANG} --target=wasm32-wasi -std=c++23 -O2 -fno-exceptions
              -Wall -Wextra
              -Werror -Wno-gnu-statement-expression -I${PROJECT_SOURCE_DIR}/src
              -MD -MF ${object}.d
              -c ${source} -o ${object}
      DEPENDS ${source} DEPFILE ${object}.d VERBATIM)
    list(APPEND objects ${object})
  endforeach()
  add_custom_target(wasm_check DEPENDS ${objects})
endif()
