namespace Pipeline.Actors.Privacy;

/// <summary>What private training needs beside the images: the terms, already paid for, and the randomness.</summary>
public sealed record PrivateRound(PrivacyTerms Terms, IPrivacyNoise Noise);
