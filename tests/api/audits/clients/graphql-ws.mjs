import { overWs, speak, takePart } from "./session.mjs";

await takePart(speak(overWs()));
