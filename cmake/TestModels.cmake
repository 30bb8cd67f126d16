# Tiny ONNX models whose answers are known by construction, for tests: made at build time in
# PERIGEE_TEST_MODELS by the set-up's Python.
set(PERIGEE_TEST_MODELS ${CMAKE_BINARY_DIR}/test-models)
set(maker ${PROJECT_SOURCE_DIR}/tools/models/make_test_models.py)
add_custom_command(OUTPUT ${PERIGEE_TEST_MODELS}/stamp
  COMMAND ${PROJECT_SOURCE_DIR}/.deps/venv/bin/python ${maker} ${PERIGEE_TEST_MODELS}
  COMMAND ${CMAKE_COMMAND} -E touch ${PERIGEE_TEST_MODELS}/stamp
  DEPENDS ${maker} COMMENT "Making the test models" VERBATIM)
add_custom_target(test_models ALL DEPENDS ${PERIGEE_TEST_MODELS}/stamp)
