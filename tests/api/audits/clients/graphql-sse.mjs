import { overSse, speak, takePart } from "./session.mjs";

await takePart(speak(overSse()));
