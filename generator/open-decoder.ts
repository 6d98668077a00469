/** A model ready to decode: converted where it has to be, in an onnxruntime session, with its tokenizer. */
import { FootnoteError } from '../src/core/errors.ts';
import type { Decoder } from './decoder.ts';
import { calibrationText } from './glm/calibration-text.ts';
import { convertGlm, readGlmLayout } from './glm/convert-glm.ts';
import { probeForm, rowShareOf } from './glm/form-probe.ts';
import type { GlmConfig } from './glm/glm-config.ts';
import { GlmDecoder } from './glm/glm-decoder.ts';
import { cacheType } from './glm/glm-graph.ts';
import type { GlmForm } from './glm/matrix-form.ts';
import { withLora } from './glm/with-lora.ts';
import { quantisedModel } from './glm/quantised-cache.ts';
import { openOnnxModel } from './onnx-import/onnx-model.ts';
import { openModel } from './open-model.ts';
import { convertPrefixGlm } from './prefix-glm/convert-prefix-glm.ts';
import { openPrefixGlm } from './prefix-glm/prefix-glm-model.ts';
import { StepDecoder } from './steps/step-decoder.ts';
import type { ModelTokenizer } from './tokenizer/model-tokenizer.ts';

export interface OpenDecoderOptions {
  /** A GGUF file, a folder in the hub's layout, or a file in one. */
  readonly weightsPath: string;
  /** Folder for converted weights. */
  readonly cacheDir: string;
  /** 0: one for each core. */
  readonly threads: number;
  readonly device: 'cpu' | 'cuda';
  /** Default: what suits the processor (see `form-probe.ts`), float16 on CUDA. */
  readonly form?: GlmForm | undefined;
  /** Folder of a low-rank update in PEFT's layout, merged when the graph is built. */
  readonly loraPath?: string | undefined;
  /** `int8`: a KV cache of 8 bits, on the CPU (see `quantised-cache.ts`); default: as attention computes. */
  readonly cache?: 'int8' | undefined;
  /** Bytes of KV kept of earlier prompts and answers, where the decoder can reuse them; 0: none. */
  readonly prefixBytes?: number | undefined;
}

export interface OpenedDecoder {
  readonly decoder: Decoder;
  readonly tokenizer: ModelTokenizer;
  /** True when the weights were converted by this call. */
  readonly converted: boolean;
  /** The ONNX model that runs; its weights stand beside it. */
  readonly modelPath: string;
}

/** @throws FootnoteError `model-missing`, `model-invalid` */
export async function openDecoder(options: OpenDecoderOptions): Promise<OpenedDecoder> {
  const { cacheDir, device, threads } = options;
  const model = openModel(options.weightsPath, device);
  try {
    const tokenizer = model.tokenizer();
    const vocab = model.kind === 'onnx' ? model.layout.vocabSize : model.source.config.vocab_size;
    if (tokenizer.size > vocab) {
      throw new FootnoteError(
        'model-invalid',
        `${options.weightsPath}: ${tokenizer.size} tokens are more than its ${vocab} embeddings`,
        { stage: 'generate' },
      );
    }
    if (model.kind === 'glm') {
      const { form, rowShare } = await formOf(model.source.config, options);
      const source =
        options.loraPath === undefined ? model.source : withLora(model.source, options.loraPath);
      const calibrationIds = tokenizer.encode(calibrationText);
      const glm = await convertGlm(source, form, cacheDir, calibrationIds);
      const { config, modelPath, converted } = glm;
      const { prefixBytes } = options;
      const quantised =
        options.cache === undefined || cacheType(form) !== 'float'
          ? undefined
          : await quantisedModel(glm, readGlmLayout(glm), calibrationIds);
      const settings = { threads, device, prefixBytes, quantised, rowShare };
      const decoder = await GlmDecoder.open(modelPath, config, settings);
      return { decoder, tokenizer, converted, modelPath };
    }
    if (options.loraPath !== undefined) {
      throw new FootnoteError(
        'model-invalid',
        `${options.weightsPath}: an update can be merged into Llama, Qwen and GLM weights, not into this`,
        { stage: 'generate' },
      );
    }
    if (model.kind === 'prefix-glm') {
      const { source } = model;
      const { modelPath, converted } = await convertPrefixGlm(
        source,
        prefixForm(options),
        cacheDir,
      );
      const id = (name: string): number => tokenizer.specialId(name) ?? -1;
      const blank = {
        masks: ['[MASK]', '[gMASK]', '[sMASK]'].map(id).filter((mask) => mask >= 0),
        start: id('<|startofpiece|>'),
      };
      const step = await openPrefixGlm(modelPath, source.config, blank, { threads, device });
      return { decoder: new StepDecoder(step), tokenizer, converted, modelPath };
    }
    const { modelPath } = model.layout;
    const step = await openOnnxModel(model.layout, { threads, device });
    return { decoder: new StepDecoder(step), tokenizer, converted: false, modelPath };
  } finally {
    model.close();
  }
}

async function formOf(
  config: GlmConfig,
  options: OpenDecoderOptions,
): Promise<{ readonly form: GlmForm; readonly rowShare?: number | undefined }> {
  if (options.form !== undefined) return { form: options.form };
  if (options.device === 'cuda') return { form: 'float16' };
  const record = await probeForm(config, options);
  return { form: record.form, rowShare: rowShareOf(record) };
}

/** The original GLM is made in float32 or, for every quantised form, in int8. */
function prefixForm({ form, device }: OpenDecoderOptions): GlmForm {
  return form === 'float32' || (form === undefined && device === 'cuda') ? 'float32' : 'int8';
}
