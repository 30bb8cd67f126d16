// The reference's answer when each resized picture is rounded to bytes before a network sees it.
//
// face-api hands its networks the resized picture in float32; Perigee hands them uint8. That moves
// a box by up to about a pixel, and a crop one pixel further can change probabilities by 0.2, so a
// test against face-api's own answer must be loose. A test against this answer can be tight:
// everything but the rounding is face-api's code.

/** [{detection, expressions}] in the order of face-api's suppression; image is int32 [H, W, 3]. */
export async function runRounded({ tf, faceapi }, image, size, scoreMin) {
  const detections = await detect(tf, faceapi, image, size, scoreMin);
  const faces = [];
  const crops = await faceapi.extractFaceTensors(image, detections);
  for (const [index, crop] of crops.entries()) {
    const input = await roundedInput(tf, faceapi, crop, 112, true);
    const output = await faceapi.nets.faceExpressionNet.forward(input);
    const expressions = new faceapi.FaceExpressions(await output.data());
    faces.push({ detection: detections[index], expressions });
    tf.dispose([crop, input, output]);
  }
  return faces;
}

/** TinyYolov2Base.detect of face-api with one line added: the rounding. */
async function detect(tf, faceapi, image, size, scoreMin) {
  const net = faceapi.nets.tinyFaceDetector;
  const [height, width] = image.shape;
  const input = await roundedInput(tf, faceapi, image, size, false);
  const grid = await net.forward(input, size);
  const reshaped = faceapi.utils.computeReshapedDimensions({ width, height }, size);
  const found = await net.extractBoxes(grid, reshaped, scoreMin);
  tf.dispose([input, grid]);
  const scaled = found.map(({ box }) => box.rescale(size));
  const kept = faceapi.nonMaxSuppression(
    scaled,
    found.map(({ score }) => score),
    net.config.iouThreshold,
  );
  return kept.map(
    (index) => new faceapi.FaceDetection(found[index].score, found[index].box, { width, height }),
  );
}

/** int32 [1, size, size, 3]: padded and resized by face-api, then floor(value + 0.5). */
async function roundedInput(tf, faceapi, picture, size, centred) {
  const resized = tf.tidy(() => new faceapi.NetInput([picture]).toBatchTensor(size, centred));
  const values = Int32Array.from(await resized.data(), (value) => Math.floor(value + 0.5));
  resized.dispose();
  return tf.tensor4d(values, [1, size, size, 3], 'int32');
}
