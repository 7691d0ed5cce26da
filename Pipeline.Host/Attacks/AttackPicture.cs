namespace Pipeline.Host.Attacks;

/// <summary>A drawn phantom beside what an attacker made of it.</summary>
/// <param name="Original">Height × Width, as the network sees it.</param>
/// <param name="Guess">Of an attacker without the update.</param>
internal sealed record AttackPicture(string Caption, int Height, int Width, float[] Original, float[] Reconstruction, float[] Guess);
