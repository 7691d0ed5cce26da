namespace Pipeline.Host.Attacks;

/// <summary>What an attacker is after.</summary>
public enum AttackKind
{
    /// <summary>An image that an update was made of.</summary>
    Inversion,

    /// <summary>Whether an image was trained on.</summary>
    Membership,

    /// <summary>The labels behind an update.</summary>
    Labels,

    /// <summary>What a model has memorised of images with labels drawn by lot.</summary>
    Canary,
}
